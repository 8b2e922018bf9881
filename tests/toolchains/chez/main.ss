(let ((word (get-line (current-input-port))))
  (unless (and (= 9 (string-length word)) (>= (date-year (current-date)) 2020) (< (random 6) 6))
    (error 'main "surroundings"))
  (printf "~a ~a\n" word (* 2 21)))
