/** The files that a user writes: reading them, what they refer to, and applying them. */
@NullMarked
package io.millrace.cli.manifest;

import org.jspecify.annotations.NullMarked;
