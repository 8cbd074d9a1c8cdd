package io.millrace.system;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * A real Ceph object store of one monitor, one OSD in memory and one gateway, as processes on the
 * loopback. Not there where its programs are not installed.
 */
final class CephGateway implements AutoCloseable {

    static final String ACCESS = "millrace";
    static final String SECRET = "a-secret-of-tests";
    private static final Duration START = Duration.ofMinutes(2);
    private static final List<String> PROGRAMS =
            List.of(
                    "ceph",
                    "ceph-mon",
                    "ceph-osd",
                    "radosgw",
                    "radosgw-admin",
                    "ceph-authtool",
                    "monmaptool");

    private final Path folder;
    private final int port = FreePort.next();
    private final Deque<Process> daemons = new ArrayDeque<>();

    private CephGateway(Path folder) {
        this.folder = folder;
    }

    /** Starts one; empty when Ceph is not installed. */
    static Optional<CephGateway> start(Path folder) {
        for (String program : PROGRAMS) {
            if (!isInstalled(program)) {
                return Optional.empty();
            }
        }
        var ceph = new CephGateway(folder);
        try {
            ceph.launch();
        } catch (RuntimeException | Error e) {
            ceph.close();
            throw e;
        }
        return Optional.of(ceph);
    }

    private static boolean isInstalled(String program) {
        for (String place : System.getenv("PATH").split(":", -1)) {
            if (Files.isExecutable(Path.of(place, program))) {
                return true;
            }
        }
        return false;
    }

    String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    int port() {
        return port;
    }

    BucketSourcesSystemTest.Keys keys() {
        return new BucketSourcesSystemTest.Keys(ACCESS, SECRET);
    }

    private void launch() {
        int monitor = FreePort.next();
        String id =
                UUID.nameUUIDFromBytes(folder.toString().getBytes(StandardCharsets.UTF_8))
                        .toString();
        try {
            for (String part : List.of("mon", "osd", "rgw", "run", "log")) {
                Files.createDirectories(folder.resolve(part));
            }
            Files.writeString(folder.resolve("ceph.conf"), configuration(id, monitor));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        makeKeys();
        String map = folder.resolve("monmap").toString();
        run(
                "monmaptool",
                "--create",
                "--clobber",
                "--fsid",
                id,
                "--addv",
                "a",
                "[v2:127.0.0.1:" + monitor + "]",
                map);
        run("ceph-mon", "-c", conf(), "-i", "a", "--mkfs", "--monmap", map, "--keyring", keyring());
        daemon("mon", "ceph-mon", "-c", conf(), "-i", "a", "-f");
        await().atMost(START)
                .until(() ->
                        succeeds("ceph", "-c", conf(), "--connect-timeout", "5", "mon", "stat"));
        String osd = UUID.nameUUIDFromBytes(new byte[] {1}).toString();
        run("ceph", "-c", conf(), "osd", "new", osd, "0");
        run(
                "ceph-osd",
                "-c",
                conf(),
                "-i",
                "0",
                "--mkfs",
                "--osd-uuid",
                osd,
                "--no-mon-config",
                "--keyring",
                keyring());
        daemon("osd", "ceph-osd", "-c", conf(), "-i", "0", "-f");
        await().atMost(START)
                .until(() ->
                        output("ceph", "-c", conf(), "--connect-timeout", "5", "osd", "stat")
                                .contains("1 up"));
        daemon("rgw", "radosgw", "-c", conf(), "-n", "client.rgw.a", "-f");
        await().atMost(START).until(this::answers);
        run(
                "radosgw-admin",
                "-c",
                conf(),
                "user",
                "create",
                "--uid=tests",
                "--display-name=tests",
                "--access-key=" + ACCESS,
                "--secret-key=" + SECRET);
    }

    private boolean answers() {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private void makeKeys() {
        run(
                "ceph-authtool",
                "--create-keyring",
                keyring(),
                "--gen-key",
                "-n",
                "mon.",
                "--cap",
                "mon",
                "allow *");
        key("client.admin", "mon", "allow *", "osd", "allow *", "mgr", "allow *");
        key("osd.0", "mon", "allow profile osd", "mgr", "allow profile osd", "osd", "allow *");
        key("client.rgw.a", "mon", "allow rw", "mgr", "allow rw", "osd", "allow rwx");
    }

    private void key(String name, String... caps) {
        var command = new ArrayList<>(List.of("ceph-authtool", keyring(), "--gen-key", "-n", name));
        for (int i = 0; i < caps.length; i += 2) {
            command.addAll(List.of("--cap", caps[i], caps[i + 1]));
        }
        run(command.toArray(String[]::new));
    }

    private String conf() {
        return folder.resolve("ceph.conf").toString();
    }

    private String keyring() {
        return folder.resolve("keyring").toString();
    }

    private String configuration(String id, int monitor) {
        return """
        [global]
        fsid = %1$s
        mon_host = [v2:127.0.0.1:%2$d]
        public_addr = 127.0.0.1
        cluster_addr = 127.0.0.1
        ms_bind_ipv6 = false
        auth_cluster_required = cephx
        auth_service_required = cephx
        auth_client_required = cephx
        keyring = %3$s/keyring
        run_dir = %3$s/run
        admin_socket = %3$s/run/$name.asok
        crash_dir = %3$s/log
        log_file = %3$s/log/$name.log
        osd_pool_default_size = 1
        osd_pool_default_min_size = 1
        osd_pool_default_pg_num = 1
        osd_pool_default_pgp_num = 1
        osd_pool_default_pg_autoscale_mode = off
        osd_crush_chooseleaf_type = 0
        osd_crush_initial_weight = 1
        mon_allow_pool_size_one = true
        mon_max_pg_per_osd = 1000
        [mon]
        mon_data = %3$s/mon/a
        mon_data_avail_crit = 1
        paxos_propose_interval = 0.05
        mon_osd_report_timeout = 300
        [osd]
        osd_data = %3$s/osd
        osd_objectstore = memstore
        memstore_device_bytes = 2147483648
        osd_class_update_on_start = true
        [client.rgw.a]
        rgw_data = %3$s/rgw
        rgw_frontends = beast endpoint=127.0.0.1:%4$d
        rgw_thread_pool_size = 32
        rgw_rados_pool_pg_num_min = 1
        rgw_run_sync_thread = false
        rgw_enable_quota_threads = false
        """
                .formatted(id, monitor, folder, port);
    }

    private void daemon(String name, String... command) {
        try {
            daemons.push(
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve("log").resolve(name + ".out").toFile())
                            .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(String... command) {
        CommandLine.run(List.of(command), Map.of()).orFail();
    }

    private static boolean succeeds(String... command) {
        return CommandLine.run(List.of(command), Map.of()).exitCode() == 0;
    }

    private static String output(String... command) {
        return CommandLine.run(List.of(command), Map.of()).out();
    }

    /** From the gateway to the monitor. */
    @Override
    public void close() {
        while (!daemons.isEmpty()) {
            Process daemon = daemons.pop();
            daemon.destroy();
            try {
                if (!daemon.waitFor(15, TimeUnit.SECONDS)) {
                    daemon.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                daemon.destroyForcibly();
            }
        }
    }
}
