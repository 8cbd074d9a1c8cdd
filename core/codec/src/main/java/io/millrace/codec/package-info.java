/** Payloads to and from tensors, resources to and from YAML and JSON. */
@NullMarked
package io.millrace.codec;

import org.jspecify.annotations.NullMarked;
