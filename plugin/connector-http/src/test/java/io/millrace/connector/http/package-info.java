/** Tests of fetching from web servers. */
@NullMarked
package io.millrace.connector.http;

import org.jspecify.annotations.NullMarked;
