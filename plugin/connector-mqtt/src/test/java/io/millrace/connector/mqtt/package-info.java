/** Tests against mosquitto. */
@NullMarked
package io.millrace.connector.mqtt;

import org.jspecify.annotations.NullMarked;
