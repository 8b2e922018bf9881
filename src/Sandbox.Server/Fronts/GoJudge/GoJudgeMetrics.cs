using System.Globalization;
using System.Text;
using Sandbox.Server.Queue;

namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>The measurements of go-judge under their names there, as text for Prometheus.</summary>
internal sealed class GoJudgeMetrics(JobQueue queue, KeptFiles kept)
{
    private static readonly double[] s_seconds = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    private static readonly double[] s_bytes = [1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20, 1 << 30];

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (Histogram Time, Histogram Memory)> _byStatus = new(StringComparer.Ordinal);
    private readonly Histogram _fileSizes = new(s_bytes);
    private long _errors;
    private long _commands;

    /// <summary>Commands have ended.</summary>
    public void Count(IReadOnlyList<CommandResult> results)
    {
        lock (_lock)
        {
            foreach (var result in results)
            {
                _commands++;
                _errors += result.Status == CommandResult.InternalError ? 1 : 0;
                if (!_byStatus.TryGetValue(result.Status, out var histograms))
                {
                    _byStatus.Add(result.Status, histograms = (new(s_seconds), new(s_bytes)));
                }

                histograms.Time.Add(result.Time / 1e9);
                histograms.Memory.Add(result.Memory);
            }
        }
    }

    /// <summary>A file was sent.</summary>
    public void CountFile(long bytes)
    {
        lock (_lock)
        {
            _fileSizes.Add(bytes);
        }
    }

    /// <summary>All of them.</summary>
    public string Text()
    {
        var text = new StringBuilder();
        var (count, bytes) = kept.Total;
        lock (_lock)
        {
            Value(text, "go_judge_exec_error_count", "counter", _errors);
            Value(text, "go_judge_environment_count", "counter", _commands);
            Head(text, "go_judge_exec_time_seconds", "histogram");
            foreach (var (status, histograms) in _byStatus)
            {
                histograms.Time.Write(text, "go_judge_exec_time_seconds", $"status=\"{status}\"");
            }

            Head(text, "go_judge_exec_memory_bytes", "histogram");
            foreach (var (status, histograms) in _byStatus)
            {
                histograms.Memory.Write(text, "go_judge_exec_memory_bytes", $"status=\"{status}\"");
            }

            Head(text, "go_judge_file_size_bytes", "histogram");
            _fileSizes.Write(text, "go_judge_file_size_bytes", "");
        }

        Value(text, "go_judge_file_current_bytes_count", "gauge", count);
        Value(text, "go_judge_file_current_bytes_sum", "gauge", bytes);
        Value(text, "go_judge_environment_current_count", "gauge", queue.Running);
        Value(text, "go_judge_worker_queue_count", "gauge", queue.Waiting);
        Value(text, "go_judge_worker_running_count", "gauge", queue.Running);
        return text.ToString();
    }

    private static void Head(StringBuilder text, string name, string type) => text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {type}\n");

    private static void Value(StringBuilder text, string name, string type, long value)
    {
        Head(text, name, type);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private sealed class Histogram(double[] bounds)
    {
        private readonly long[] _counts = new long[bounds.Length];
        private long _count;
        private double _sum;

        public void Add(double value)
        {
            _count++;
            _sum += value;
            for (var index = 0; index < bounds.Length; index++)
            {
                _counts[index] += value <= bounds[index] ? 1 : 0;
            }
        }

        public void Write(StringBuilder text, string name, string label)
        {
            var comma = label.Length > 0 ? "," : "";
            for (var index = 0; index < bounds.Length; index++)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{label}{comma}le=\"{bounds[index]}\"}} {_counts[index]}\n");
            }

            var braces = label.Length > 0 ? $"{{{label}}}" : "";
            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{label}{comma}le=\"+Inf\"}} {_count}\n{name}_sum{braces} {_sum}\n{name}_count{braces} {_count}\n");
        }
    }
}
