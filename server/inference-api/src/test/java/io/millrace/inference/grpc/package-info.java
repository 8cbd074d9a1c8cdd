/** Tests of gRPC with stubs made from the .proto over another transport than ours. */
@NullMarked
package io.millrace.inference.grpc;

import org.jspecify.annotations.NullMarked;
