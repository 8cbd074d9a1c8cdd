/** Identity: the built-in certificate authority. */
@NullMarked
package io.millrace.security;

import org.jspecify.annotations.NullMarked;
