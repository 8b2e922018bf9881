using System.Globalization;
using System.Text;
using Sandbox.Host;

namespace Sandbox.Doctor;

/// <summary>The report for people: an aligned table, then each cause once with its fix.</summary>
internal static class DoctorPrinter
{
    /// <summary>Prints the report.</summary>
    public static string Text(HostReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(Heading(report.Facts)).AppendLine();
        var width = report.Rungs.Max(rung => rung.Name.Length);
        AppendTable(text, "Every job needs", report.Rungs.Where(rung => rung.Required), width);
        AppendTable(text, "Good to have", report.Rungs.Where(rung => !rung.Required), width);
        AppendFixes(text, report.Rungs);
        text.AppendLine(report.Ready
            ? "This host can run jobs."
            : "This host cannot run jobs yet.");
        return text.ToString();
    }

    private static string Heading(HostFacts facts)
    {
        var place = facts.Container == ContainerKind.None ? "" : $", in a container ({facts.Container})";
        var windows = facts.WslVersion == 0 ? "" : $", WSL {facts.WslVersion}";
        return string.Create(CultureInfo.InvariantCulture, $"Linux {facts.KernelRelease}, uid {facts.Uid}{place}{windows}");
    }

    private static void AppendTable(StringBuilder text, string title, IEnumerable<HostRung> rungs, int width)
    {
        text.AppendLine(title);
        foreach (var rung in rungs)
        {
            var line = $"  {rung.Name.PadRight(width)}  {Word(rung.State),-8}  {rung.Detail}";
            text.AppendLine(line.TrimEnd());
        }

        text.AppendLine();
    }

    private static void AppendFixes(StringBuilder text, IEnumerable<HostRung> rungs)
    {
        var causes = rungs.Where(rung => rung.State != RungState.Ok && rung.Remedy is not null)
            .GroupBy(rung => rung.Remedy!).ToList();
        foreach (var cause in causes)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{string.Join(", ", cause.Select(rung => rung.Name))}");
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

        foreach (var rung in rungs.Where(IsUnexplained))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{rung.Name}: {rung.Detail}, for a reason this program does not know; see docs/troubleshooting.md");
        }
    }

    private static void AppendLoss(StringBuilder text, IEnumerable<HostRung> rungs)
    {
        foreach (var loss in rungs.Select(rung => rung.Loses).Where(loss => loss.Length > 0).Distinct())
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  lost:  {loss}");
        }
    }

    private static bool IsUnexplained(HostRung rung) =>
        rung.State != RungState.Ok && rung.Remedy is null && rung.Needs is null;

    private static string Word(RungState state) => state switch
    {
        RungState.Ok => "ok",
        RungState.Degraded => "degraded",
        _ => "missing",
    };
}
