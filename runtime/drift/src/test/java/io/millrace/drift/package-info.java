/** Tests of how models are watched. */
@NullMarked
package io.millrace.drift;

import org.jspecify.annotations.NullMarked;
