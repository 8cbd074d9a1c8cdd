/** Tests of the inference protocols over HTTP. */
@NullMarked
package io.millrace.inference.http;

import org.jspecify.annotations.NullMarked;
