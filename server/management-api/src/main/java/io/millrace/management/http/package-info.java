/** The management API over HTTP: resources, watch, logs, models, certificates. */
@NullMarked
package io.millrace.management.http;

import org.jspecify.annotations.NullMarked;
