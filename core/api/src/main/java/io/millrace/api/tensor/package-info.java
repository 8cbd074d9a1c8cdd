/** Tensors: the numbers that models take and give, and how they are laid out in memory. */
@NullMarked
package io.millrace.api.tensor;

import org.jspecify.annotations.NullMarked;
