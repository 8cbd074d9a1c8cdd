/** Tests of the plug points' own logic. */
@NullMarked
package io.millrace.spi;

import org.jspecify.annotations.NullMarked;
