/** The one data plane of inference: which versions are loaded, and how calls share them. */
@NullMarked
package io.millrace.inference;

import org.jspecify.annotations.NullMarked;
