/** Model files and the archives that hold them. */
@NullMarked
package io.millrace.codec.archive;

import org.jspecify.annotations.NullMarked;
