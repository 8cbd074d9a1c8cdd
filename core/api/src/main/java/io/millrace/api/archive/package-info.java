/** Model files and the archives that hold them. */
@NullMarked
package io.millrace.api.archive;

import org.jspecify.annotations.NullMarked;
