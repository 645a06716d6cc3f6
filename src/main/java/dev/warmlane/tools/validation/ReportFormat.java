package dev.warmlane.tools.validation;

import java.util.Locale;

/** How a report is written. */
enum ReportFormat {
    /** For people. */
    TABLE,
    /** One object, for scripts. */
    JSON,
    /** For pull requests and step summaries. */
    MARKDOWN,
    /** JUnit's XML, for CI servers. */
    JUNIT;

    /** The report as text that ends with a line break. */
    String write(Report report) {
        return switch (this) {
            case TABLE -> TextReport.table(report);
            case JSON -> JsonReport.write(report);
            case MARKDOWN -> TextReport.markdown(report);
            case JUNIT -> JUnitReport.write(report);
        };
    }

    /** The name in options, lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
