/** Tests of what is trained with. */
@NullMarked
package io.millrace.training;

import org.jspecify.annotations.NullMarked;
