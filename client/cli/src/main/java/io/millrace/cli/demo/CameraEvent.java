package io.millrace.cli.demo;

/** What happens on the client's side of MQTT. */
sealed interface CameraEvent {

    /** A message on the topic of the answers, with the time at which it came. */
    record Answer(byte[] payload, long nanos) implements CameraEvent {}

    /** Nothing more will come. */
    record Broken(String reason) implements CameraEvent {}
}
