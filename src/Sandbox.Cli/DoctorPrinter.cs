using System.Globalization;
using System.Text;

namespace Sandbox.Cli;

/// <summary>The report for people: an aligned table, then each cause once with its fix.</summary>
internal static class DoctorPrinter
{
    /// <summary>Prints the report.</summary>
    public static string Text(HostReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(Heading(report)).AppendLine();
        var width = report.Requirements.Max(requirement => requirement.Name.Length);
        AppendTable(text, "Every job needs", report.Requirements.Where(requirement => requirement.IsRequired), width);
        AppendTable(text, "Good to have", report.Requirements.Where(requirement => !requirement.IsRequired), width);
        AppendFixes(text, report.Requirements);
        text.AppendLine(report.IsReady
            ? "This host can run jobs."
            : "This host cannot run jobs yet.");
        return text.ToString();
    }

    private static string Heading(HostReport report)
    {
        var place = report.Container == ContainerKind.None ? "" : $", in a container ({report.Container})";
        var windows = report.WslVersion == 0 ? "" : $", WSL {report.WslVersion}";
        return string.Create(CultureInfo.InvariantCulture, $"Linux {report.Kernel}, uid {report.Uid}{place}{windows}");
    }

    private static void AppendTable(StringBuilder text, string title, IEnumerable<HostRequirement> requirements, int width)
    {
        text.AppendLine(title);
        foreach (var requirement in requirements)
        {
            var line = $"  {requirement.Name.PadRight(width)}  {Word(requirement.State),-8}  {requirement.Detail}";
            text.AppendLine(line.TrimEnd());
        }

        text.AppendLine();
    }

    private static void AppendFixes(StringBuilder text, IEnumerable<HostRequirement> requirements)
    {
        var causes = requirements.Where(requirement => requirement.State != RequirementState.Ok && requirement.Blocker is not null)
            .GroupBy(requirement => (requirement.Blocker, Fix: requirement.Fix!)).ToList();
        foreach (var cause in causes)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{string.Join(", ", cause.Select(requirement => requirement.Name))}");
            text.AppendLine(CultureInfo.InvariantCulture, $"  cause: {cause.Key.Blocker}");
            AppendLoss(text, cause);
            var label = "  fix:   ";
            foreach (var line in cause.Key.Fix.Split('\n'))
            {
                text.Append(label).AppendLine(line);
                label = "  or:    ";
            }

            text.AppendLine();
        }

        foreach (var requirement in requirements.Where(IsUnexplained))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{requirement.Name}: {requirement.Detail}, for a reason this program does not know; see docs/troubleshooting.md");
        }
    }

    private static void AppendLoss(StringBuilder text, IEnumerable<HostRequirement> requirements)
    {
        foreach (var loss in requirements.Select(requirement => requirement.Loses).Where(loss => loss.Length > 0).Distinct())
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  lost:  {loss}");
        }
    }

    private static bool IsUnexplained(HostRequirement requirement) =>
        requirement.State != RequirementState.Ok && requirement.Blocker is null && requirement.Needs is null;

    private static string Word(RequirementState state) => state switch
    {
        RequirementState.Ok => "ok",
        RequirementState.Degraded => "degraded",
        _ => "missing",
    };
}
