(require '[clojure.string :as string])
(let [word (read-line)
      file (java.io.File/createTempFile "number" "")]
  (spit file "21")
  (let [number (Integer/parseInt (slurp file))]
    (assert (and (= 9 (count word)) (< (rand-int 6) 6)))
    (println (string/join " " [word @(future (* 2 number))]))))
(shutdown-agents)
