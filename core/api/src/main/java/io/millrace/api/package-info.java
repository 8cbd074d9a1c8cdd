/**
 * Resource kinds as records, their keys, conditions and validation: the vocabulary everything else
 * points to. Needs the JDK only.
 */
@NullMarked
package io.millrace.api;

import org.jspecify.annotations.NullMarked;
