/** Tests of fetching from object stores. */
@NullMarked
package io.millrace.connector.s3;

import org.jspecify.annotations.NullMarked;
