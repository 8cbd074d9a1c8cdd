package io.millrace.sender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.MillraceException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnnouncementTest {

    private static final Encoding.Raw MNIST =
            new Encoding.Raw(NumberType.UINT8, List.of(28, 28), NumberType.UINT8, List.of());

    @Test
    void isTheMessageThatOtherSendersWrite() {
        var announcement =
                new Announcement(
                        1, List.of("automl:0:0:7000"), MNIST, "Mnist dataset", 0.1, 0.1, 7000);

        assertThat(new String(announcement.value(), StandardCharsets.UTF_8))
                .isEqualTo(
                        """
                        {"topic":"automl:0:0:7000","unsupervised_topic":null,"input_format":"RAW",\
                        "description":"Mnist dataset","dataset_restrictions":{},\
                        "input_config":{"data_type":"uint8","label_type":"uint8",\
                        "data_reshape":"28 28","label_reshape":"1"},\
                        "validation_rate":0.1,"test_rate":0.1,"total_msg":7000,"incremental":false}\
                        """);
    }

    @Test
    void theKeyTakesAsManyBytesAsTheNumber() {
        assertThat(key(0)).isEqualTo("00");
        assertThat(key(1)).isEqualTo("01");
        assertThat(key(255)).isEqualTo("ff");
        assertThat(key(256)).isEqualTo("0100");
        assertThat(key(Long.MAX_VALUE)).isEqualTo("7fffffffffffffff");
    }

    @Test
    void somethingIsLeftToTrainOn() {
        assertThatThrownBy(() -> new Announcement(1, List.of(), MNIST, "", 0.5, 0.5, 1))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("leave something to train on");
    }

    private static String key(long number) {
        return HexFormat.of()
                .formatHex(new Announcement(number, List.of(), MNIST, "", 0, 0, 0).key());
    }
}
