/** Tests of the judging of versions. */
@NullMarked
package io.millrace.training.judge;

import org.jspecify.annotations.NullMarked;
