package io.millrace.codec.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerTemplateTest {

    private static final TensorSpec SERIES = new TensorSpec("y", DataType.FP32, Shape.of(-1, 6, 1));
    private static final Tensor.Numeric TWO_SERIES =
            Tensor.ofFloats(
                    Shape.of(2, 6, 1),
                    new float[] {9, 8, 7, 6, 5, 4, -0.13547556f, 0.1f, 1, 1e-5f, 1e16f, 2});
    private static final byte[] REQUEST =
            "{\"id\": 7, \"name\": \"a\\\"b\\u00e4\", \"list\": [1, 2], \"none\": null}"
                    .getBytes(StandardCharsets.UTF_8);

    private record Facts(String model, int version, Map<String, String> headers)
            implements AnswerFacts {
        @Override
        public @Nullable String header(String name) {
            return headers.get(name);
        }

        @Override
        public @Nullable String capture(String name) {
            return headers.get("millrace.capture." + name);
        }
    }

    private static final AnswerFacts FACTS =
            new Facts(
                    "LSTM", 3, Map.of("x-user", "an \"ada\"\n", "millrace.capture.tenant", "acme"));

    @Test
    void givesTheDocumentedAnswerByteForByte() {
        assertThat(filled("{\"LSTM\": {{output[0]}}}"))
                .isEqualTo("{\"LSTM\": -0.13547556102275848}");
        assertThat(filled("{\"{{model}}\": {{ output[1][0] }}}"))
                .isEqualTo("{\"LSTM\": 0.10000000149011612}");
    }

    @Test
    void givesListsInTheShapeThatTheModelAnswered() {
        assertThat(filled("{\"LSTM\": {{output}}}"))
                .isEqualTo(
                        "{\"LSTM\": [[-0.13547556102275848], [0.10000000149011612], [1.0],"
                                + " [9.999999747378752e-06], [1.0000000272564224e+16], [2.0]]}");
        Tensor.Numeric square = Tensor.ofFloats(Shape.of(1, 2, 2), new float[] {1, 2, 3, 4.25f});
        assertThat(filled("{{output[1]}}", square, 0)).isEqualTo("[3.0, 4.25]");
        assertThat(filled("{{output[1][1]}}", square, 0)).isEqualTo("4.25");
        Tensor.Numeric scalars = Tensor.ofFloats(Shape.of(2), new float[] {1, 2});
        assertThat(filled("{{output}} {{output[0]}}", scalars, 1)).isEqualTo("2.0 2.0");
    }

    @Test
    void theAnswerCountsAndNotWhatTheFileDeclares() {
        var encoder =
                encoder(
                        "{\"ANN\": {{output[0]}}}",
                        List.of(),
                        new TensorSpec("y", DataType.FP32, Shape.of(1, 1, 1)));
        Tensor.Numeric real = Tensor.ofFloats(Shape.of(1, 6, 1), new float[] {0.5f, 1, 2, 3, 4, 5});
        assertThat(text(encoder.encode(REQUEST, real, 0, FACTS))).isEqualTo("{\"ANN\": 0.5}");
    }

    @Test
    void namesTheLargestElement() {
        var scores = new TensorSpec("s", DataType.FP32, Shape.of(-1, 2));
        Tensor.Numeric output = Tensor.ofFloats(Shape.of(1, 2), new float[] {0.25f, 0.125f});
        var encoder =
                encoder(
                        "{\"{{label}}\": {{confidence}}, \"l\": {{label}}, \"at\": {{index}}, \"v\":"
                                + " {{version}}}",
                        List.of("a \"b\"", "c"),
                        scores);
        assertThat(text(encoder.encode(REQUEST, output, 0, FACTS)))
                .isEqualTo("{\"a \\\"b\\\"\": 0.25, \"l\": \"a \\\"b\\\"\", \"at\": 0, \"v\": 3}");
    }

    @Test
    void copiesFieldsHeadersAndLevelsOfTheTopicWithTheQuotesTheirPlaceAsksFor() {
        assertThat(
                        filled(
                                "{\"i\": {{field.id}}, \"n\": {{field.name}}, \"l\":"
                                        + " {{field.list}}, \"o\": {{field.none}}}"))
                .isEqualTo("{\"i\": 7, \"n\": \"a\\\"b\\u00e4\", \"l\": [1, 2], \"o\": null}");
        assertThat(filled("{\"{{tenant}}/{{field.id}}/{{field.name}}\": {{header.x-user}}}"))
                .isEqualTo("{\"acme/7/a\\\"b\\u00e4\": \"an \\\"ada\\\"\\n\"}");
        assertThat(filled("{{field.name}} of {{capture.tenant}} for {{header.x-user}}: {{model}}"))
                .isEqualTo("a\"b\u00e4 of acme for an \"ada\"\n: LSTM");
    }

    @Test
    void copiesFieldsOfMessagePack() {
        var map = new LinkedHashMap<String, Object>();
        map.put("other", 1);
        map.put("id", "x\"y");
        var spec = spec("{\"id\": {{field.id}}, \"{{field.id}}\": {{output[0]}}}", List.of());
        var encoder = PayloadEncoder.of(spec, DecodeSpec.Format.MSGPACK, SERIES);
        assertThat(text(encoder.encode(Payloads.packed(map), TWO_SERIES, 0, FACTS)))
                .isEqualTo("{\"id\": \"x\\\"y\", \"x\\\"y\": 9.0}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {"a": {{output[6]}}} | needs output[6], but the model answered numbers of shape [6,1]
                    {"a": {{output[0][0][0]}}} | needs output[0][0][0], but the model answered
                    {{field.missing}} | needs the field 'missing', which the payload does not have
                    {"a": "{{field.list}}"} | the field 'list' is a list, which cannot stand between quotes
                    {{header.y}} | needs the header 'y', which the record does not have
                    {{other}} | needs the level {other} of the sender's topic
                    """)
    void refusesTheRecordThatLacksWhatTheTemplateNeeds(String template, String reason) {
        assertThatThrownBy(() -> filled(template)).hasMessageContaining(reason);
    }

    @Test
    void refusesNumbersThatJsonDoesNotHave() {
        Tensor.Numeric odd = Tensor.ofFloats(Shape.of(1, 1), new float[] {Float.NaN});
        assertThatThrownBy(() -> filled("{\"a\": {{output[0]}}}", odd, 0))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.USER_CODE))
                .hasMessageContaining("NaN");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {"a": {{outptu[0]}}} | unknown hole {{outptu[0]}}; did you mean {{output[0]}}? (at character 7)
                    {"a": {{fields.x}}} | unknown hole {{fields.x}}; did you mean {{field.x}}? (at character 7)
                    {"a": {{a b}}} | unknown hole {{a b}}; a template may hold {{output}}, {{output[0]}}
                    {"a": {{output[x]}}} | {{output[x]}} needs whole numbers from 0 in brackets
                    {"a": {{output[0]} | a '{{' needs its '}}' (at character 7)
                    {"a": {output[0]}} | the template has no hole such as {{output[0]}}
                    {"a": {{output[0]}} | the template begins as JSON, and is none with its holes filled
                    {"a": "{{output[0]}}} | the template begins as JSON, and is none with its holes filled
                    {{{output}}: 1} | unknown hole {{{output}}
                    {"a": {{output}}} 5 | and more follows the JSON value at byte 18
                    """)
    void refusesTemplatesWithTheirMistakesPlace(String template, String problem) {
        assertThat(AnswerTemplate.problem(template).orElse("")).contains(problem);
    }

    @Test
    void answersAnArrayOfRequestsWithLists() {
        var encoder = encoder("{\"{{model}}\": {{output[0]}}}", List.of(), SERIES);
        assertThat(encoder.takesArrays()).isTrue();
        assertThat(text(encoder.encodeAll(List.of(TWO_SERIES, TWO_SERIES), FACTS)))
                .isEqualTo(
                        "{\"LSTM\": [[9.0], [-0.13547556102275848], [9.0],"
                                + " [-0.13547556102275848]]}");
        Tensor.Numeric pairs = Tensor.ofFloats(Shape.of(1, 2), new float[] {1, 2});
        assertThat(
                        text(
                                encoder("{{output}} by {{header.x-user}}", List.of(), SERIES)
                                        .encodeAll(List.of(pairs), FACTS)))
                .startsWith("[[1.0, 2.0]] by an");
        assertThatThrownBy(() ->
                        encoder("{{index}}", List.of(), SERIES).encodeAll(List.of(pairs), FACTS))
                .hasMessageContaining("{{index}} is of one item, and the request is an array");
    }

    @Test
    void knowsWhatItNeeds() {
        AnswerTemplate parsed = AnswerTemplate.parse("{{label}} {{b}} {{a}} {{capture.model}}");
        assertThat(parsed.captures()).containsExactly("b", "a", "model");
        assertThat(parsed.needsLabels()).isTrue();
        assertThat(parsed.needsFields()).isFalse();
        assertThatThrownBy(() -> encoder("{{label}}", List.of(), SERIES))
                .hasMessageContaining("no labels are named");
        var spec = spec("{{field.x}}", List.of());
        assertThatThrownBy(() -> PayloadEncoder.of(spec, DecodeSpec.Format.RAW, SERIES))
                .hasMessageContaining("raw payloads have no fields");
    }

    private static String filled(String template) {
        return filled(template, TWO_SERIES, 1);
    }

    private static String filled(String template, Tensor.Numeric output, int item) {
        return text(encoder(template, List.of(), SERIES).encode(REQUEST, output, item, FACTS));
    }

    private static PayloadEncoder encoder(String template, List<String> labels, TensorSpec output) {
        return PayloadEncoder.of(spec(template, labels), DecodeSpec.Format.JSON, output);
    }

    private static EncodeSpec spec(String template, List<String> labels) {
        return new EncodeSpec(EncodeSpec.Format.JSON, labels, 0, List.of(), Optional.of(template));
    }

    private static String text(byte[] encoded) {
        return new String(encoded, StandardCharsets.UTF_8);
    }
}
