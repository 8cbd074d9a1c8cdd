/** What bucket data sources promise. */
@NullMarked
package io.millrace.objects;

import org.jspecify.annotations.NullMarked;
