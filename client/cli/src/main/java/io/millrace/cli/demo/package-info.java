/** The demonstration: a server, a job and a client that streams pictures through it. */
@NullMarked
package io.millrace.cli.demo;

import org.jspecify.annotations.NullMarked;
