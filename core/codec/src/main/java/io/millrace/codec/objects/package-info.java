/** What stores and senders of CloudEvents say, in the one form that all else knows. */
@NullMarked
package io.millrace.codec.objects;

import org.jspecify.annotations.NullMarked;
