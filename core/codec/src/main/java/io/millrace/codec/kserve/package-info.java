/** Resource files of KServe and Knative in the words of our own kinds. */
@NullMarked
package io.millrace.codec.kserve;

import org.jspecify.annotations.NullMarked;
