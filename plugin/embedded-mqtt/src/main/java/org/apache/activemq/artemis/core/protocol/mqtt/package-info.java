/**
 * The one class that has to live beside Artemis' own, because the constructor it needs is visible
 * in this package only.
 */
@NullMarked
package org.apache.activemq.artemis.core.protocol.mqtt;

import org.jspecify.annotations.NullMarked;
