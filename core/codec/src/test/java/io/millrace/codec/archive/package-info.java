/** Tests of model files and archives. */
@NullMarked
package io.millrace.codec.archive;

import org.jspecify.annotations.NullMarked;
