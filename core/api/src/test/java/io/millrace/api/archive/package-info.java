/** Tests of model files and archives. */
@NullMarked
package io.millrace.api.archive;

import org.jspecify.annotations.NullMarked;
