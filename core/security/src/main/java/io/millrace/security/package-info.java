/** Identity: the built-in certificate authority; and the secrets of projects. */
@NullMarked
package io.millrace.security;

import org.jspecify.annotations.NullMarked;
