namespace Sandbox.Cli.Terminal;

/// <summary>Recognises a user who wants out: the same signal three times within two seconds.</summary>
/// <remarks>An interpreter that is interrupted now and then is not ended by it; a job that ignores ^C is, without a second terminal.</remarks>
internal sealed class Insistence(TimeProvider clock)
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(2);

    private int _signal;
    private int _count;
    private long _last;
    private long _lastButOne;

    /// <summary>Notes a signal; true for the third, after which it takes three more.</summary>
    public bool IsThird(int signal)
    {
        var now = clock.GetTimestamp();
        _count = signal == _signal ? _count + 1 : 1;
        var isThird = _count >= 3 && clock.GetElapsedTime(_lastButOne, now) <= s_window;
        if (isThird)
        {
            _count = 0;
        }

        (_signal, _lastButOne, _last) = (signal, _last, now);
        return isThird;
    }
}
