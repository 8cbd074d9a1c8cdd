/** Content of model versions from files and web servers. */
@NullMarked
package io.millrace.connector.http;

import org.jspecify.annotations.NullMarked;
