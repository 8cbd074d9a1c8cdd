package io.millrace.cli.demo;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.client.LogEvent;
import io.millrace.client.LogQuery;
import io.millrace.client.MillraceClient;
import io.millrace.client.ServerInfo;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;

/** One run of the demonstration, from an empty folder to the last picture. */
final class Demo implements AutoCloseable {

    private static final Duration TO_START = Duration.ofSeconds(60);
    private static final Duration SLOWLY = Duration.ofSeconds(3);
    private static final int HTTP_PORT = 8080;
    private static final String HOST = "localhost";

    private final DemoSettings settings;
    private final DemoScreen screen;
    private final TimeSource time;
    private final Scoreboard scores = new Scoreboard();
    private final BlockingQueue<CameraEvent> events = new LinkedBlockingQueue<>();
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private boolean closed;
    private volatile boolean ending;

    Demo(DemoSettings settings, DemoScreen screen, TimeSource time) {
        this.settings = settings;
        this.screen = screen;
        this.time = time;
    }

    /** Runs it and answers the exit code. */
    int run() {
        Thread onInterrupt = new Thread(this::interrupted, "demo-end");
        Runtime.getRuntime().addShutdownHook(onInterrupt);
        try (this) {
            return perform();
        }
    }

    private int perform() {
        long started = time.nanoTime();
        screen.text("Millrace demo: pictures of clothing in over MQTT, predictions out.\n");
        FashionSample sample = FashionSample.read(settings.home().resolve("examples/fashion/data"));
        int portBase = choosePorts();
        URI address = URI.create("http://" + HOST + ":" + (HTTP_PORT + portBase));
        MillraceClient client = startServer(address, portBase);
        new FashionJob(client, time, settings.home(), screen).start(settings.modelStep());
        screen.done("everything is ready, " + seconds(started) + " after the start");
        Camera camera = connect(client, address);
        followLogs(client);

        var conversation = new Conversation(sample, camera::publish, events, scores, screen, time);
        conversation.exchange(settings.pictures(), settings.interval());
        Scoreboard.Summary summary = scores.summary();
        screen.summary(summary);
        if (!settings.goOn()) {
            ending = true;
            return summary.isSuccess() ? 0 : 1;
        }
        WhatNext.lines(address, portBase).forEach(screen::text);
        conversation.goOn(SLOWLY);
        return 0;
    }

    private int choosePorts() {
        PortBase ports = PortBase.ofMachine();
        if (settings.portBase() >= 0) {
            return settings.portBase();
        }
        int base = ports.find();
        if (base > 0) {
            String taken =
                    ports.taken(0).stream().map(String::valueOf).collect(Collectors.joining(", "));
            screen.note("ports in use already: " + taken + "; so each port is " + base + " higher");
        }
        return base;
    }

    private MillraceClient startServer(URI address, int portBase) {
        long started = time.nanoTime();
        screen.busy("starting the server");
        RunFolder folder = RunFolder.create(settings.cache());
        opened(folder::delete);
        ServerProcess server =
                ServerProcess.start(settings.serverCommand(), folder, portBase, time);
        opened(server);
        var client = new MillraceClient(address, time);
        opened(client);
        server.awaitReady(client, TO_START);
        server.onExit(code ->
                events.add(
                        new CameraEvent.Broken(
                                "the server ended with exit code " + code + server.lastLines())));
        screen.done("server started in " + seconds(started) + ": " + address);
        return client;
    }

    private Camera connect(MillraceClient client, URI address) {
        ServerInfo info = client.info();
        Integer port = info.ports().get("mqtt");
        if (port == null) {
            throw MillraceException.internal(
                    "the server at " + address + " has no MQTT port", null);
        }
        byte[] zip = client.certificates(FashionJob.PROJECT, FashionJob.CAMERA);
        var camera = new Camera(HOST, port, ClientCertificate.ofZip(zip), time, events::add);
        opened(camera);
        camera.connect();
        screen.done("connected over MQTT with TLS and a client certificate: " + HOST + ":" + port);
        return camera;
    }

    private void followLogs(MillraceClient client) {
        var query = new LogQuery(FashionJob.PROJECT, FashionJob.PIPELINE, null, 20);
        Thread thread =
                Thread.ofVirtual()
                        .name("demo-logs")
                        .start(() -> {
                            try {
                                client.followLogs(query, this::showLog);
                            } catch (MillraceException e) {
                                if (!ending) {
                                    screen.note("no live log: " + e.text());
                                }
                            }
                        });
        opened(thread::interrupt);
    }

    private boolean showLog(LogEvent event) {
        switch (event) {
            case LogEvent.Line line -> screen.log(line.step(), line.text());
            case LogEvent.Lost(long lines) -> screen.note(lines + " log lines are not shown");
            case LogEvent.Reconnecting _ -> {}
        }
        return !ending;
    }

    private String seconds(long since) {
        return String.format(Locale.ROOT, "%.1f s", (time.nanoTime() - since) / 1e9);
    }

    /** Ctrl-C, or the end of the process for another reason. */
    private void interrupted() {
        if (!ending) {
            ending = true;
            screen.mute();
            Scoreboard.Summary summary = scores.summary();
            if (summary.sent() > 0) {
                screen.summary(summary);
            }
        }
        close();
    }

    private synchronized void opened(AutoCloseable resource) {
        if (ending) {
            closeOne(resource);
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the demo is ending");
        }
        opened.push(resource);
    }

    /** Undoes everything, last things first. */
    @Override
    public synchronized void close() {
        ending = true;
        if (closed) {
            return;
        }
        closed = true;
        screen.mute();
        while (!opened.isEmpty()) {
            closeOne(opened.pop());
        }
    }

    private void closeOne(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) { // the others must be closed too
            screen.force("could not clean up: " + e.getMessage());
        }
    }
}
