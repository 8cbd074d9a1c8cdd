package io.millrace.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Everything points inward to {@code api}; plug-ins see only {@code spi}; control decides, runtime
 * does, and neither imports the other; only a {@code main} sees both.
 */
class LayerRulesTest {

    private static final JavaClasses MILLRACE =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages("io.millrace");

    private static final String API = "io.millrace.api..";
    private static final String SPI = "io.millrace.spi..";
    private static final String CODEC = "io.millrace.codec..";

    /** The one part of codec that knows what stores tell. */
    private static final String OBJECTS = "io.millrace.codec.objects..";

    private static final String STORE = "io.millrace.store..";
    private static final String SECURITY = "io.millrace.security..";
    private static final String CONTROL = "io.millrace.control..";
    private static final String[] RUNTIME = {
        "io.millrace.stream..",
        "io.millrace.inference",
        "io.millrace.function..",
        "io.millrace.drift..",
        "io.millrace.objects..",
        "io.millrace.training.."
    };
    private static final String[] PLUGINS = {
        "io.millrace.log.kafka..",
        "io.millrace.embedded.kafka..",
        "io.millrace.embedded.mqtt..",
        "io.millrace.embedded.s3..",
        "io.millrace.model.tensorflow..",
        "io.millrace.model.onnx..",
        "io.millrace.model.tflite..",
        "io.millrace.connector.http..",
        "io.millrace.connector.mqtt..",
        "io.millrace.connector.s3..",
        "io.millrace.telemetry.otlp.."
    };
    private static final String[] FACES = {
        "io.millrace.inference.http..", "io.millrace.management.http.."
    };

    /** What runtime modules that start processes share. */
    private static final String PROCESS = "io.millrace.process..";

    private static final String KAFKA_ML = "io.millrace.kafkaml..";
    private static final String EVENTS = "io.millrace.events..";
    private static final String GRPC = "io.millrace.inference.grpc..";

    @Test
    void thereIsSomethingToCheck() {
        org.assertj.core.api.Assertions.assertThat(MILLRACE.size()).isGreaterThan(150);
    }

    @Test
    void apiSeesOnlyTheJdk() {
        onlySees(new String[] {API});
    }

    @Test
    void spiSeesOnlyApi() {
        onlySees(new String[] {SPI}, API);
    }

    @Test
    void codecSeesOnlyApiAndEventsOfObjectsAndSecuritySpiToo() {
        onlySees(new String[] {CODEC}, API, SPI);
        noClasses()
                .that()
                .resideInAPackage(CODEC)
                .and()
                .resideOutsideOfPackage(OBJECTS)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(SPI)
                .check(MILLRACE);
        onlySees(new String[] {SECURITY}, API, SPI);
    }

    @Test
    void storeSeesApiAndCodec() {
        onlySees(new String[] {STORE}, API, CODEC);
    }

    @Test
    void controlNeverSeesTheRuntime() {
        onlySees(new String[] {CONTROL}, API, SPI, STORE, SECURITY);
    }

    @Test
    void runtimeSeesOnlyApiSpiAndCodec() {
        for (String module : RUNTIME) {
            boolean isStarter =
                    module.equals("io.millrace.function..")
                            || module.equals("io.millrace.training..");
            onlySees(new String[] {module}, API, SPI, CODEC, isStarter ? PROCESS : CODEC);
        }
        onlySees(new String[] {PROCESS}, API, SPI);
        onlySees(
                new String[] {"io.millrace.inference.graph.."},
                API,
                SPI,
                CODEC,
                "io.millrace.inference");
    }

    @Test
    void plugInsSeeOnlyApiAndSpi() {
        for (String plugin : PLUGINS) {
            onlySees(new String[] {plugin}, API, SPI);
        }
    }

    @Test
    void facesNeverSeeEachOther() {
        noClasses()
                .that()
                .resideInAnyPackage(FACES[0], GRPC)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(FACES[1], CONTROL, STORE)
                .check(MILLRACE);
        noClasses()
                .that()
                .resideInAPackage(FACES[1])
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        FACES[0],
                        GRPC,
                        RUNTIME[0],
                        RUNTIME[1],
                        RUNTIME[2],
                        RUNTIME[3],
                        RUNTIME[4],
                        RUNTIME[5],
                        PROCESS,
                        "io.millrace.embedded..")
                .check(MILLRACE);
    }

    @Test
    void theInterfaceOfKafkaMlSeesNoRuntime() {
        onlySees(new String[] {KAFKA_ML}, API, SPI, CODEC, STORE, CONTROL);
    }

    @Test
    void theReceiverOfEventsSeesOnlyApiSpiAndCodec() {
        onlySees(new String[] {EVENTS}, API, SPI, CODEC);
    }

    @Test
    void theClientSeesNoServerCode() {
        onlySees(
                new String[] {"io.millrace.cli..", "io.millrace.client.."},
                API,
                CODEC,
                "io.millrace.sender..");
        onlySees(new String[] {"io.millrace.sender.."}, API);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.millrace.(*)..").should().beFreeOfCycles().check(MILLRACE);
    }

    @Test
    void everyLibraryStaysBehindItsFence() {
        fence(
                "org.apache.kafka..",
                "io.millrace.log.kafka..",
                "io.millrace.embedded.kafka..",
                "io.millrace.sender..");
        fence("kafka..", "io.millrace.embedded.kafka..");
        fence("org.apache.activemq..", "io.millrace.embedded.mqtt..", "org.apache.activemq..");
        fence("io.netty..", "io.millrace.embedded.mqtt..", "org.apache.activemq..");
        fence("org.tensorflow..", "io.millrace.model.tensorflow..");
        fence("org.bytedeco..", "io.millrace.model.tensorflow..", "io.millrace.model.tflite..");
        fence("ai.onnxruntime..", "io.millrace.model.onnx..");
        fence("org.apache.datasketches..", "io.millrace.drift..");
        fence("software.amazon..", "io.millrace.connector.s3..", "io.millrace.embedded.s3..");
        fence("org.gaul..", "io.millrace.embedded.s3..");
        fence("org.sqlite..", STORE, "io.millrace.embedded.s3..");
        fence("io.grpc..", GRPC, "io.millrace.app..", "io.millrace.bench..");
        fence(
                "com.google.protobuf..",
                GRPC,
                "io.millrace.model.tensorflow..",
                "io.millrace.bench..");
        fence("org.bouncycastle..", SECURITY);
        fence("org.jdbi..", STORE);
        fence("java.sql..", STORE, "io.millrace.embedded.s3..");
        fence(
                "com.hivemq..",
                "io.millrace.connector.mqtt..",
                "io.millrace.cli..",
                "io.millrace.bench..");
        fence("io.prometheus..", "io.millrace.app..");
        fence("io.opentelemetry..", "io.millrace.telemetry.otlp..");
        fence(
                "io.helidon..",
                FACES[0],
                FACES[1],
                KAFKA_ML,
                EVENTS,
                GRPC,
                "io.millrace.app..",
                "io.millrace.bench..");
        fence(
                "tools.jackson..",
                CODEC,
                FACES[0],
                FACES[1],
                KAFKA_ML,
                "io.millrace.app..",
                "io.millrace.cli..",
                "io.millrace.client..",
                "io.millrace.sender..",
                "io.millrace.bench..");
    }

    @Test
    void timeAndIdentityComeFromOnePlace() {
        ArchRule rule =
                noClasses()
                        .that(not(resideInAnyPackage("io.millrace.bench..")))
                        .and()
                        .doNotHaveFullyQualifiedName("io.millrace.api.SystemTime")
                        .and()
                        .doNotHaveFullyQualifiedName("io.millrace.api.IdSource")
                        .should()
                        .callMethod(System.class, "currentTimeMillis")
                        .orShould()
                        .callMethod(System.class, "nanoTime")
                        .orShould()
                        .callMethod(Instant.class, "now")
                        .orShould()
                        .callMethod(Thread.class, "sleep", long.class)
                        .orShould()
                        .callMethod(Thread.class, "sleep", java.time.Duration.class)
                        .orShould()
                        .callMethod(UUID.class, "randomUUID")
                        .orShould()
                        .callConstructor(Random.class);
        rule.check(MILLRACE);
    }

    @Test
    void onlyTheCommandLinePrints() {
        noClasses()
                .that(
                        not(
                                resideInAnyPackage(
                                        "io.millrace.cli..",
                                        "io.millrace.bench..",
                                        "io.millrace.app..")))
                .and()
                .doNotHaveSimpleName("ProbeMain")
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(MILLRACE);
        noClasses()
                .that(not(resideInAPackage("io.millrace.app..")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.util.logging..")
                .check(MILLRACE);
    }

    @Test
    void noBareExceptionIsThrown() {
        noClasses()
                .that()
                .areNotAssignableTo(Exception.class)
                .and()
                .resideOutsideOfPackage("io.millrace.inference.grpc.proto..") // generated
                .should()
                .callConstructor(RuntimeException.class, String.class)
                .orShould()
                .callConstructor(RuntimeException.class, String.class, Throwable.class)
                .orShould()
                .callConstructor(RuntimeException.class, Throwable.class)
                .orShould()
                .callConstructor(Exception.class, String.class)
                .orShould()
                .callConstructor(Exception.class, String.class, Throwable.class)
                .check(MILLRACE);
    }

    @Test
    void apiIsImmutable() {
        fields().that()
                .areDeclaredInClassesThat()
                .resideInAPackage(API)
                .should()
                .beFinal()
                .check(MILLRACE);
        classes()
                .that()
                .resideInAPackage(API)
                .and()
                .areTopLevelClasses()
                .and()
                .areNotInterfaces()
                .and()
                .doNotHaveSimpleName("package-info")
                .and()
                .doNotHaveSimpleName("MillraceException")
                .and(
                        com.tngtech.archunit.base.DescribedPredicate.describe(
                                "no enum with bodies", c -> !c.isEnum()))
                .should()
                .haveModifier(JavaModifier.FINAL)
                .check(MILLRACE);
    }

    @Test
    void namesSayTheResponsibility() {
        noClasses()
                .should()
                .haveSimpleNameEndingWith("Util")
                .orShould()
                .haveSimpleNameEndingWith("Utils")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveSimpleNameEndingWith("Impl")
                .check(MILLRACE);
        noClasses()
                .that()
                .resideInAPackage("io.millrace..")
                .should()
                .haveSimpleNameEndingWith("Manager")
                .check(MILLRACE);
    }

    private static void onlySees(String[] who, String... allowed) {
        String[] all = new String[who.length + allowed.length];
        System.arraycopy(who, 0, all, 0, who.length);
        System.arraycopy(allowed, 0, all, who.length, allowed.length);
        noClasses()
                .that()
                .resideInAnyPackage(who)
                .should()
                .dependOnClassesThat(
                        resideInAPackage("io.millrace..").and(not(resideInAnyPackage(all))))
                .check(MILLRACE);
    }

    private static void fence(String library, String... owners) {
        noClasses()
                .that(not(resideInAnyPackage(owners)))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .allowEmptyShould(true)
                .check(MILLRACE);
    }
}
