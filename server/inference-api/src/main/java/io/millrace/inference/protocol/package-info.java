/** What HTTP and gRPC say alike. */
@NullMarked
package io.millrace.inference.protocol;

import org.jspecify.annotations.NullMarked;
