/**
 * The store as s3proxy wants it, in the types of the AWS SDK. s3proxy looks for {@code .awssdk.} in
 * the name of the class to learn that conditions are checked by the store itself, in its own
 * transaction.
 */
@NullMarked
package io.millrace.embedded.s3.awssdk;

import org.jspecify.annotations.NullMarked;
