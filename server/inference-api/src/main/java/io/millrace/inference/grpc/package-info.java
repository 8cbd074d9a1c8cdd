/** The Open Inference Protocol over gRPC, on the server's HTTP port, with health and reflection. */
@NullMarked
package io.millrace.inference.grpc;

import org.jspecify.annotations.NullMarked;
