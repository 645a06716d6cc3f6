package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.mock.env.MockEnvironment;

class StartReportTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            -                                | -                                   | http://localhost:81
            server.ssl.bundle=web            | -                                   | https://localhost:81
            server.ssl.bundle=web            | management.server.ssl.enabled=false | http://localhost:81
            management.server.ssl.bundle=own | -                                   | https://localhost:81
            """)
    void saysWhetherTheManagementPortHasTls(String first, String second, String url) {
        MockEnvironment environment = new MockEnvironment().withProperty("local.management.port", "81");
        for (String setting : new String[] {first, second}) {
            if (setting != null) {
                environment.setProperty(setting.split("=")[0], setting.split("=")[1]);
            }
        }
        assertThat(StartReport.url(environment, "management.server", "local.management.port"))
                .isEqualTo(url);
    }
}
