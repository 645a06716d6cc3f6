package dev.warmlane.acceptance;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.warmlane.acceptance.OperatorsDashboardIT.dashboard;
import static dev.warmlane.harness.DashboardInBrowser.SOON;
import static dev.warmlane.harness.DashboardInBrowser.row;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.warmlane.harness.ChatClient;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What operators do on their page. */
abstract class DashboardTasks {
    private final ChatClient client = new ChatClient();
    private Page page;

    @BeforeEach
    void open() {
        page = dashboard.open();
    }

    @Test
    void anEndpointIsDrainedAndReadmittedByKeyboardAndTheFocusComesBack() {
        dashboard.show(page, "endpoint?pool=default&endpoint=" + "http://" + dashboard.endpoint(2));
        Locator drain = page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Drain…"));
        drain.focus();
        page.keyboard().press("Enter");
        Locator dialog = page.getByRole(AriaRole.DIALOG);
        assertThat(dialog).containsText("No replica sends it new requests");
        assertThat(dialog.getByText("Cancel")).isFocused();
        page.keyboard().press("Escape");
        assertThat(dialog).not().isVisible();
        assertThat(drain).isFocused();
        assertThat(page.locator(".facts .state")).hasText("ready");

        page.keyboard().press("Enter");
        page.keyboard().press("Shift+Tab");
        page.keyboard().press("Enter");
        assertThat(page.getByText("Done: drain.")).isVisible(SOON);
        assertThat(page.locator(".facts .state")).hasText("drained");

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Readmit…"))
                .click();
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Readmit").setExact(true))
                .click();
        assertThat(page.locator(".facts .state")).hasText("ready");
        dashboard.show(page, "events");
        assertThat(page.getByText(dashboard.endpoint(2) + " is drained, was ready")
                        .first())
                .isVisible(SOON);
    }

    @Test
    void chartsShareALineUnderThePointerAndTheTimeThatIsZoomedInto() {
        dashboard.show(page, "trends?pool=default&range=24h");
        page.waitForFunction("() => window.Chart?.getChart('chart-hits')?.scales.x.max > 0");
        assertThat(page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("24h")))
                .hasAttribute("aria-pressed", "true");
        Object areas = page.evaluate(
                "[...new Set(Object.values(Chart.instances).map(({ chartArea }) => [chartArea.top, chartArea.left].join()))].length");
        assertThat(areas).isEqualTo(1);

        page.locator("#chart-ttft").focus();
        page.keyboard().press("ArrowLeft");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Zoom in"))
                .click();
        assertThat(page).hasURL(Pattern.compile("range=24h&from=\\d+&to=\\d+"));
        page.waitForFunction(
                "() => (Chart.getChart('chart-errors').scales.x.max - Chart.getChart('chart-errors').scales.x.min) === 43200");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Zoom out"))
                .click();
        assertThat(page).not().hasURL(Pattern.compile("from="));
    }

    @Test
    void theCurveOfCachesGivesItsNumbersAndTheLadderSaysWhatHelps() {
        for (int i = 0; i < 40; i++) {
            dashboard.say("cached-" + i % 4, ChatClient.text(200, "question"));
        }
        dashboard.show(page, "cache");
        Locator curve = page.getByRole(AriaRole.SLIDER);
        assertThat(curve).isVisible(SOON);
        assertThat(page.locator("#cache-point")).containsText("today's size");

        curve.focus();
        page.keyboard().press("ArrowRight");
        page.keyboard().press("ArrowRight");
        assertThat(page.locator("#cache-point")).containsText("×1.4 today's size");
        curve.hover(new Locator.HoverOptions().setPosition(60, 40));
        assertThat(page.locator("#cache-point")).containsText("×0.1");
        assertThat(row(page, "Never came before")).containsText("compulsory");
        assertThat(page.getByText(Pattern.compile("No advice: \\d+ requests seen")))
                .isVisible();

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("About a day"))
                .click();
        assertThat(page).hasURL(Pattern.compile("over=day"));
        assertThat(page.getByText("Delivered", new Page.GetByTextOptions().setExact(true)))
                .isVisible();
    }

    @Test
    void findsASessionAndReleasesIt() {
        dashboard.say("a-session-to-find", "hello");
        dashboard.show(page, "sessions");

        page.getByLabel("Value").fill("a-session-to-find");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Find"))
                .click();
        // Exactly: beside it, "Bindings of each endpoint" comes with the next response of the gateway.
        assertThat(page.getByRole(
                        AriaRole.REGION,
                        new Page.GetByRoleOptions().setName("Bindings").setExact(true)))
                .containsText("127.0.0.1");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Release…"))
                .click();
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Release").setExact(true))
                .click();
        assertThat(page.getByText("Released.")).isVisible(SOON);

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Find"))
                .click();
        assertThat(page.getByText("Not bound.")).isVisible(SOON);
    }

    @Test
    void explainsTheNumbersOfTheChosenEndpoint() {
        dashboard.say("explained", "hello");
        dashboard.show(page, "decisions");

        page.getByText("Where would a request go?").click();
        page.getByLabel("Body", new Page.GetByLabelOptions().setExact(true))
                .fill("{\"model\":\"Qwen/Qwen3-0.6B\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}");
        page.getByLabel("Headers").fill("x-session-id: explained");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Explain"))
                .click();

        Locator chosen = page.locator(".result tr.chosen");
        assertThat(chosen).containsText("chosen");
        assertThat(chosen).containsText("bound");
        assertThat(page.locator(".result tbody tr")).hasCount(3);
        assertThat(page.locator(".result")).containsText("by session, bound");
    }

    @Test
    void tellsWhereARequestWentAndWhyAndWhatWasDelivered() {
        String request = "to-be-explained";
        for (int turn = 0; turn < 2; turn++) {
            client
                    .new Conversation(
                            dashboard.gateway().uri("/v1/chat/completions"),
                            ChatClient.text(500, "instructions"),
                            Map.of("x-session-id", "asked-for", "x-request-id", request))
                    .say("hello");
        }
        dashboard.show(page, "decisions");

        page.getByRole(AriaRole.SEARCHBOX, new Page.GetByRoleOptions().setName("Request"))
                .fill(request);
        Locator rows = page.getByRole(AriaRole.REGION, new Page.GetByRoleOptions().setName("Table of decisions"))
                .locator("tbody tr");
        assertThat(rows).hasCount(2);
        assertThat(rows.first().locator("td").nth(9)).hasText(Pattern.compile("[1-9][0-9]+"));
        assertThat(rows.first()).containsText("Qwen/Qwen3-0.6B");
        assertThat(rows.first().locator("td").nth(3)).hasText("200");
        assertThat(rows.first().locator("td").nth(4)).hasText(Pattern.compile("\\d+\\sms|\\d+\\.\\d\\ss"));
        assertThat(rows.first()).containsText(request);
        rows.first().getByRole(AriaRole.BUTTON).first().click();
        assertThat(page.getByText("Its session is bound there.")).isVisible(SOON);
        assertThat(page.evaluate("() => [...document.querySelectorAll('.more tbody tr')].every((row) => {"
                        + " const [waiting, computing, delaying, decoding, staying, cost] ="
                        + " [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent.replaceAll(',', '')));"
                        + " return waiting + computing + delaying + decoding - staying === cost; })"))
                .isEqualTo(true);
        assertThat(page.getByText("Request " + request)).isVisible(SOON);
        assertThat(page.getByRole(
                        AriaRole.REGION, new Page.GetByRoleOptions().setName("Prediction accuracy by endpoint")))
                .containsText(Pattern.compile("\\d\\s%"));
    }
}
