/** Answers into buckets, and the objects that records are about to where they belong. */
@NullMarked
package io.millrace.objects.sink;

import org.jspecify.annotations.NullMarked;
