package io.millrace.codec.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.LabelSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.SplitSpec;
import io.millrace.api.TopicRange;
import io.millrace.api.tensor.DataType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ControlMessageTest {

    private static final String RAW =
            "\"input_format\":\"RAW\",\"input_config\":{\"data_type\":\"uint8\",\"label_type\":\"uint8\","
                    + "\"data_reshape\":\"28 28\",\"label_reshape\":\"1\"}";

    private static ControlMessage parse(String json) {
        return ControlMessage.parse(new byte[] {1}, json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void readsTheMessageOfTheSecondGeneration() {
        ControlMessage message =
                parse(
                        "{\"topic\":\"automl:0:0:7000\",\"unsupervised_topic\":null,\"input_format\":\"RAW\","
                                + "\"description\":\"Mnist dataset\",\"dataset_restrictions\":{},"
                                + "\"input_config\":{\"data_type\":\"uint8\",\"label_type\":\"uint8\","
                                + "\"data_reshape\":\"28 28\",\"label_reshape\":\"1\"},"
                                + "\"validation_rate\":0.1,\"test_rate\":0.1,\"total_msg\":7000,\"incremental\":false}");
        assertThat(message.number()).isEqualTo(1);
        assertThat(message.isLive()).isFalse();
        DatasetSpec dataset = message.dataset();
        assertThat(dataset.ranges()).containsExactly(TopicRange.of("automl", 0, 0, 7000));
        assertThat(dataset.unlabelled()).isEmpty();
        assertThat(dataset.description()).isEqualTo("Mnist dataset");
        assertThat(dataset.split())
                .isEqualTo(new SplitSpec(0.1, 0.1, SplitSpec.Order.STRATIFIED, 0));
        assertThat(dataset.decode().format()).isEqualTo(DecodeSpec.Format.RAW);
        assertThat(dataset.decode().type()).contains(DataType.UINT8);
        assertThat(dataset.decode().shape()).containsExactly(28, 28);
        assertThat(dataset.label().place()).isEqualTo(LabelSpec.Place.KEY);
        assertThat(dataset.label().decode().shape()).containsExactly(1);
    }

    @Test
    void readsTheShortMessageOfTheFirstGeneration() {
        ControlMessage message =
                parse(
                        "{\"total_msg\":70000,\"validation_rate\":0.2,\"input_config\":{\"label_reshape\":\"\","
                                + "\"data_reshape\":null,\"label_type\":\"float\",\"data_type\":\"half\"},"
                                + "\"description\":\"\",\"input_format\":\"RAW\",\"topic\":\"automl:0:7000:78994\"}");
        assertThat(message.dataset().ranges())
                .containsExactly(TopicRange.of("automl", 0, 7000, 78994));
        assertThat(message.dataset().split().validation()).isEqualTo(0.2);
        assertThat(message.dataset().split().test()).isZero();
        assertThat(message.dataset().decode().type()).contains(DataType.FP16);
        assertThat(message.dataset().decode().shape()).isEmpty();
        assertThat(message.dataset().label().decode().type()).contains(DataType.FP64);
    }

    @Test
    void readsUnlabelledAndLiveOnes() {
        ControlMessage unlabelled =
                parse(
                        "{\"topic\":\"lab:0:0:3,lab:1:0:4\",\"unsupervised_topic\":\"unl:0:0:5\",\"total_msg\":3,"
                                + RAW
                                + "}");
        assertThat(unlabelled.dataset().ranges()).hasSize(2);
        assertThat(unlabelled.dataset().unlabelled())
                .containsExactly(TopicRange.of("unl", 0, 0, 5));

        ControlMessage live =
                parse(
                        "{\"topic\":\"stream1\",\"total_msg\":null,\"test_rate\":0,\"validation_rate\":null,"
                                + "\"incremental\":true,\"dataset_restrictions\":\"{\\\"features\\\": {}}\","
                                + RAW
                                + "}");
        assertThat(live.isLive()).isTrue();
        assertThat(live.dataset().ranges()).containsExactly(TopicRange.all("stream1"));

        ControlMessage both =
                parse(
                        "{\"topic\":\"on2:0:0:2\",\"unsupervised_topic\":\"on2_unl\",\"incremental\":true,"
                                + "\"validation_rate\":\"0.10\","
                                + RAW
                                + "}");
        assertThat(both.isLive()).isTrue();
        assertThat(both.dataset().isClosed()).isTrue();
        assertThat(both.dataset().unlabelled()).containsExactly(TopicRange.all("on2_unl"));
        assertThat(both.dataset().split().validation()).isEqualTo(0.1);
    }

    @Test
    void readsAvroSchemasWithPythonsQuotes() {
        ControlMessage message =
                parse(
                        "{\"topic\":\"hcopd:0:0:9\",\"input_format\":\"AVRO\",\"input_config\":{\"data_scheme\":"
                                + "\"{'type':'record','name':'P',\\n'fields':[{'name':'age','type':'float'}]}\","
                                + "\"label_scheme\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"L\\\",\\\"fields\\\":"
                                + "[{\\\"name\\\":\\\"d\\\",\\\"type\\\":\\\"boolean\\\"}]}\"}}");
        assertThat(message.dataset().decode().schema())
                .contains(
                        "{\"type\":\"record\",\"name\":\"P\",\n\"fields\":[{\"name\":\"age\",\"type\":\"float\"}]}");
        assertThat(message.dataset().label().decode().schema()).isPresent();
    }

    @Test
    void sayingItAgainSaysTheSame() {
        for (String text :
                List.of(
                        "{\"topic\":\"a:0:0:7,b:1:2:3\",\"unsupervised_topic\":\"c:0\",\"validation_rate\":0.3,"
                                + RAW
                                + "}",
                        "{\"topic\":\"stream\",\"incremental\":true," + RAW + "}",
                        "{\"topic\":\"a:0:0:7\",\"input_format\":\"AVRO\",\"input_config\":{\"data_scheme\":\"'float'\",\"label_scheme\":\"\\\"int\\\"\"}}")) {
            ControlMessage message = parse(text);
            assertThat(ControlMessage.parse(ControlMessage.key(message.number()), message.value()))
                    .isEqualTo(message);
        }
        String value =
                new String(
                        parse("{\"topic\":\"a:0:5:7,a:1:0:1\"," + RAW + "}").value(),
                        StandardCharsets.UTF_8);
        assertThat(value).contains("\"topic\":\"a:0:5:7,a:1:0:1\"", "\"total_msg\":3");
    }

    @Test
    void numbersAreOfAnyWidthUpToEightBytes() {
        assertThat(ControlMessage.number(new byte[] {(byte) 200})).isEqualTo(200);
        assertThat(ControlMessage.number(new byte[] {1, 0})).isEqualTo(256);
        assertThat(ControlMessage.number(new byte[] {0, 0, 0, 0, 0, 0, 0, 9})).isEqualTo(9);
        assertThat(ControlMessage.number("1".getBytes(StandardCharsets.UTF_8))).isEqualTo(49);
        for (long number : new long[] {0, 1, 255, 256, 65_536, Long.MAX_VALUE}) {
            assertThat(ControlMessage.number(ControlMessage.key(number))).isEqualTo(number);
        }
        assertThat(ControlMessage.key(255)).hasSize(1);
        assertThatThrownBy(() -> ControlMessage.number(null))
                .hasMessage("the key: expected the experiment's number in 1 to 8 bytes, got none");
        assertThatThrownBy(() -> ControlMessage.number(new byte[9]))
                .hasMessageContaining("9 bytes");
        assertThatThrownBy(() -> ControlMessage.number(new byte[0]))
                .hasMessageContaining("0 bytes");
        assertThatThrownBy(() -> ControlMessage.number(new byte[] {-1, 0, 0, 0, 0, 0, 0, 0}))
                .hasMessageContaining("18374686479671623680");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "not json | the message: expected JSON, got \"not json\"",
                "[1] | the message: expected a JSON object",
                "{} | topic: expected ranges such as digits:0:0:7000, got none; nothing was sent",
                "{\"topic\":\"\",#} | nothing was sent",
                "{\"topic\":\"a:0:7:3\",#} | topic: a range of a begins at 7 and ends at 3",
                "{\"topic\":\"a:x\",#} | topic: \"a:x\" is not a range of the log",
                "{\"topic\":7,\"input_config\":{}} | input_config.data_type: expected a type such as uint8",
                "{\"topic\":[],#} | topic: expected text, got []",
                "{\"topic\":\"a\"} | input_config: expected an object that says how samples are written, got nothing",
                "{\"topic\":\"a\",\"input_format\":\"XML\",\"input_config\":{}} | input_format: expected RAW or AVRO, got \"XML\"",
                "{\"topic\":\"a\",\"input_config\":{\"data_type\":\"uint7\"}} | input_config.data_type: expected float16",
                "{\"topic\":\"a\",\"input_config\":{\"data_type\":\"uint8\"}} | expected label_type or label_scheme",
                "{\"topic\":\"a\",\"input_config\":{\"data_type\":\"uint8\",\"data_reshape\":\"28 -1\"}} | data_reshape: expected extents",
                "{\"topic\":\"a\",\"validation_rate\":1.5,#} | validation_rate: expected a number from 0 to 1, got 1.5",
                "{\"topic\":\"a\",\"validation_rate\":0.6,\"test_rate\":0.4,#} | expected shares from 0 that leave something to train on",
                "{\"topic\":\"a\",\"incremental\":7,#} | incremental: expected true or false, got 7",
                "{\"topic\":\"a\",\"input_format\":\"AVRO\",\"input_config\":{\"data_scheme\":\"{'a\"}} | data_scheme: expected an Avro schema as JSON"
            })
    void saysWhatWasExpected(String text, String message) {
        assertThatThrownBy(() -> parse(text.replace("#", RAW)))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining(message)
                .extracting(e -> ((MillraceException) e).code())
                .isEqualTo(ErrorCode.INVALID);
    }

    @Test
    void refusesTextAsInputByName() {
        assertThatThrownBy(() ->
                        parse(
                                "{\"topic\":\"a\",\"input_config\":{\"data_type\":\"string\",\"label_type\":\"uint8\"}}"))
                .hasMessageContaining("text cannot be the input of a model");
        assertThat(
                        parse(
                                        "{\"topic\":\"a\",\"input_config\":{\"data_type\":\"uint8\",\"label_type\":\"string\"}}")
                                .dataset()
                                .label()
                                .decode()
                                .type())
                .contains(DataType.BYTES);
    }

    @Test
    void otherDatasetsCannotBeSaid() {
        ControlMessage message = parse("{\"topic\":\"a\"," + RAW + "}");
        var other =
                new DatasetSpec(
                        message.dataset().ranges(),
                        List.of(),
                        message.dataset().decode(),
                        new LabelSpec(
                                LabelSpec.Place.HEADER,
                                "class",
                                message.dataset().label().decode()),
                        SplitSpec.NONE,
                        "");
        assertThatThrownBy(() -> new ControlMessage(1, other, false).value())
                .hasMessageContaining("labels in header");
    }
}
