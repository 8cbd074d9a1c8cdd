/** Tests of notifications and CloudEvents. */
@NullMarked
package io.millrace.codec.objects;

import org.jspecify.annotations.NullMarked;
