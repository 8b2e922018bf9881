namespace Sandbox.Server.Logging;

/// <summary>Messages of the framework and of Sandbox.Hosting, one line each.</summary>
/// <param name="log">Where to.</param>
/// <param name="least">The least level that is written.</param>
internal sealed class LineLoggerProvider(ServerLog log, LogLevel least) : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new LineLogger(log, least, categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class LineLogger(ServerLog log, LogLevel least, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                var line = $"{category}: {formatter(state, exception)}";
                log.WriteOf(category, Priority(logLevel), exception is null ? line : $"{line} ({exception.GetType().Name}: {exception.Message})");
            }
        }

        private static LinePriority Priority(LogLevel level) => level switch
        {
            LogLevel.Trace or LogLevel.Debug => LinePriority.Debug,
            LogLevel.Information => LinePriority.Info,
            LogLevel.Warning => LinePriority.Warning,
            _ => LinePriority.Error,
        };
    }
}
