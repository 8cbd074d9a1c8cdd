/** The layer rules: the tree is the architecture diagram, and these tests keep it so. */
@NullMarked
package io.millrace.architecture;

import org.jspecify.annotations.NullMarked;
