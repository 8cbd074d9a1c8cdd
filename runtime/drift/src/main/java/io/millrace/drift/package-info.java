/** Whether models still see what they were made for, and are still right. */
@NullMarked
package io.millrace.drift;

import org.jspecify.annotations.NullMarked;
