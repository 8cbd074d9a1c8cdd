/**
 * What the store keeps, without any protocol: buckets, objects, uploads, and what is still to be
 * told of them.
 */
@NullMarked
package io.millrace.embedded.s3.depot;

import org.jspecify.annotations.NullMarked;
