package dev.warmlane.tools.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.Distribution;
import dev.warmlane.tools.validation.Report.Losses;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ValidationReportTest {
    private static final Report.Measures MEASURES = new Report.Measures(
            0.00001234,
            0.9,
            1.0,
            1.25,
            25,
            0,
            new Distribution(1, 1, 2, 3),
            null,
            List.of("s-1", "s-2"),
            List.of(new Report.Pod("a", 10, 100, 50, false), new Report.Pod("b|", 15, 0, 0, true)),
            2,
            2);
    private static final Report MISSED = new Report(
            "default",
            "m<&\">",
            List.of(),
            List.of("a note"),
            MEASURES,
            List.of(Report.Target.atLeast("hit ratio", 0.8, 0.1), Report.Target.atMost("failed requests", 0, 0.0)),
            new Losses(
                    100,
                    70,
                    List.of(
                            new Losses.Step("compulsory", 20, 0.2, "no cache helps"),
                            new Losses.Step("routing", 10, 0.1, "use a policy that knows caches")),
                    "routing"));
    private static final Report MEANINGLESS =
            new Report("default", "m", List.of("a: prefix caching off"), List.of(), null, List.of(), null);

    @Test
    void namesWhatToBeginWithBelowTheStepsThatSumToThePrompts() {
        assertThat(ReportFormat.TABLE.write(MISSED))
                .containsPattern("compulsory +20 +0.200")
                .containsPattern("delivered +70 +0.700")
                .contains("begin with routing: use a policy that knows caches");
    }

    @Test
    void jsonHasTheTotalBeforeThePodsAndNoExponents() {
        String text = ReportFormat.JSON.write(MISSED);
        JsonNode json = JsonMapper.shared().readTree(text);
        assertThat(json.get("passed").asBoolean()).isFalse();
        assertThat(json.at("/pods/0/hitRatio").asDouble()).isEqualTo(0.5);
        assertThat(json.at("/pods/1/hitRatio").isNull()).isTrue();
        assertThat(json.at("/sessionIds/1").asString()).isEqualTo("s-2");
        assertThat(json.get("laterTurnsTtftSeconds").isNull()).isTrue();
        assertThat(json.at("/targets/0/met").asBoolean()).isFalse();
        assertThat(text).contains("\"stickiness\" : 1.0", "\"hitRatio\" : 0.000012");
        assertThat(text.indexOf("\"hitRatio\" : 0.000012")).isLessThan(text.indexOf("\"hitRatio\" : 0.5"));
    }

    @Test
    void jsonOfASetupThatMeansNothingHasNoNumbers() {
        JsonNode json = JsonMapper.shared().readTree(ReportFormat.JSON.write(MEANINGLESS));
        assertThat(json.get("passed").asBoolean()).isFalse();
        assertThat(json.has("hitRatio")).isFalse();
        assertThat(json.at("/findings/0").asString()).isEqualTo("a: prefix caching off");
    }

    @Test
    void tableShowsMeasuresPodsAndTargets() {
        assertThat(ReportFormat.TABLE.write(MISSED))
                .contains("note: a note\n")
                .containsPattern("TTFT of first turns, p50 / p90 +1.000 s / 2.000 s\n")
                .containsPattern("b\\| \\(restarted\\) +15 +0 +0 +-\n")
                .contains("MISSED  hit ratio: 0.1 (expected: >= 0.8)\n")
                .endsWith("FAILED\n");
        assertThat(ReportFormat.TABLE.write(MEANINGLESS)).contains("not measured: a: prefix caching off\n");
    }

    @Test
    void markdownEscapesWhatWouldBreakItsTables() {
        assertThat(ReportFormat.MARKDOWN.write(MISSED))
                .startsWith("## Validation: failed\n")
                .contains("| measure | value |\n|---|---|\n", "| b\\| (restarted) | 15 | 0 | 0 | - |\n")
                .contains("- **missed:** hit ratio: 0.1 (expected: >= 0.8)\n", "- met: failed requests: 0 (");
    }

    @Test
    void junitHasACaseForTheSetupAndForEachTarget() throws Exception {
        Document missed = xml(ReportFormat.JUNIT.write(MISSED));
        assertThat(missed.getDocumentElement().getAttribute("tests")).isEqualTo("3");
        assertThat(missed.getDocumentElement().getAttribute("failures")).isEqualTo("1");
        assertThat(missed.getElementsByTagName("failure")
                        .item(0)
                        .getAttributes()
                        .getNamedItem("message")
                        .getNodeValue())
                .isEqualTo("hit ratio: 0.1 (expected: >= 0.8)");
        assertThat(xml(ReportFormat.JUNIT.write(MEANINGLESS))
                        .getDocumentElement()
                        .getAttribute("failures"))
                .isEqualTo("1");
    }

    private static Document xml(String text) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }
}
