import Control.Concurrent
import qualified Data.Map as Map
import Data.Time
import System.Directory
import System.IO

main :: IO ()
main = do
  word <- getLine
  folder <- getTemporaryDirectory
  (name, file) <- openTempFile folder "number"
  hPutStr file "21"
  hClose file
  number <- read <$> readFile name
  now <- getZonedTime
  result <- newEmptyMVar
  _ <- forkIO (putMVar result (2 * number))
  answer <- takeMVar result
  if length word /= 9 || show now < "2020" || Map.size (Map.singleton word answer) /= 1
    then error "surroundings"
    else putStrLn (word ++ " " ++ show (answer :: Int))
