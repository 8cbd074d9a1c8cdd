/**
 * What has to live beside Artemis' own, because the methods it needs are visible in this package
 * only.
 */
@NullMarked
package org.apache.activemq.artemis.core.protocol.mqtt;

import org.jspecify.annotations.NullMarked;
