/** Objects in buckets as sources of records. */
@NullMarked
package io.millrace.objects;

import org.jspecify.annotations.NullMarked;
