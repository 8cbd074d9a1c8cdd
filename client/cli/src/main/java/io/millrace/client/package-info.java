/** The Java client of the management API; whatever talks to a server goes through it. */
@NullMarked
package io.millrace.client;

import org.jspecify.annotations.NullMarked;
